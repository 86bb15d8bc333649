/** Runs something a number of times, several at once. */
export async function concurrently(times: number, atOnce: number, run: (index: number) => Promise<void>): Promise<void> {
  const indexes = Array.from({ length: times }, (_, index) => index).values();
  const runSome = async (): Promise<void> => {
    for (const index of indexes) await run(index);
  };
  await Promise.all(Array.from({ length: atOnce }, runSome));
}
