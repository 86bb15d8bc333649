import { expect, test } from 'vitest';
import { createIntake } from './intake.ts';

function fakeSocket() {
  const socket = {
    OPEN: 1,
    readyState: 1,
    isPaused: false,
    pause: () => void (socket.isPaused = true),
    resume: () => void (socket.isPaused = false),
  };
  return socket;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Each message takes so long by a clock that nothing else moves. */
function setup(messageMs: number) {
  let now = 0;
  const taken: string[] = [];
  const take = createIntake<ReturnType<typeof fakeSocket>>({
    shareMs: 10,
    elapsed: () => now,
    receive(_socket, text) {
      now += messageMs;
      taken.push(text);
    },
  });
  return { take, taken };
}

test('a flood is handled in turns and in order, and its socket is read again once all of it is handled', async () => {
  const { take, taken } = setup(4);
  const socket = fakeSocket();
  const sent = Array.from({ length: 10 }, (_, index) => String(index));
  for (const text of sent) take(socket, text);
  expect([taken.length, socket.isPaused]).toEqual([3, true]);
  await turn();
  expect([taken.length, socket.isPaused]).toEqual([6, true]);
  await turn();
  await turn();
  expect([taken, socket.isPaused]).toEqual([sent, false]);
});

test('a socket that comes while others wait goes behind them', async () => {
  const { take, taken } = setup(20);
  const [one, other] = [fakeSocket(), fakeSocket()];
  take(one, 'first');
  take(one, 'second');
  take(other, 'third');
  await turn();
  expect(taken).toEqual(['first', 'second']);
  await turn();
  expect(taken).toEqual(['first', 'second', 'third']);
});

test('waiting messages of a socket that was asked to close are dropped', async () => {
  const { take, taken } = setup(20);
  const socket = fakeSocket();
  take(socket, 'first');
  take(socket, 'second');
  socket.readyState = 2;
  await turn();
  await turn();
  expect(taken).toEqual(['first']);
});

test('messages that come one at a time are handled at once', async () => {
  const { take, taken } = setup(1);
  const socket = fakeSocket();
  for (let count = 0; count < 5; count += 1) {
    take(socket, String(count));
    expect([taken.length, socket.isPaused]).toEqual([count + 1, false]);
    await turn();
  }
});
