/** What a process has used of the machine's processors, in milliseconds: the same however many others want them. */
import { readFile } from 'node:fs/promises';

/** Linux tells it in hundredths of a second, wherever it runs. */
const msPerTick = 10;

export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything: the 14th and 15th field of all.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * msPerTick;
}
