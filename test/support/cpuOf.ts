/** The CPU time that a process has used, in milliseconds: it does not depend on the load of the machine. */
import { readFile } from 'node:fs/promises';

/** Linux reports it in hundredths of a second on all machines. */
const msPerTick = 10;

export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Counted after the name, which may contain anything: the 14th and 15th of all fields.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * msPerTick;
}
