/** Cases that the protocol's document leaves open, and how our server handles them. */
import { first, invalid, next, ready, settled, subscribe, watch, type Sentence } from './words.ts';

export const ours: readonly Sentence[] = [
  [
    'a document that cannot be read is an error of its operation alone',
    (place) => [
      ...ready,
      subscribe('1', watch(place)),
      next('1', first),
      subscribe('2', '{'),
      { hear: { id: '2', type: 'error' } },
      ...settled,
    ],
  ],
  ['a message that only servers send: 4400', () => [...ready, { say: { id: '1', type: 'next', payload: {} } }, invalid]],
  ['an acknowledgement from a client: 4400', () => [{ say: { type: 'connection_ack' } }, invalid]],
  ['a binary frame, even one of JSON: 4400', () => [{ sayBytes: Buffer.from('{"type":"connection_init"}'), as: 'binary' }, invalid]],
  [
    'an active id too long for a close frame: 4409',
    (place) => [
      ...ready,
      subscribe('x'.repeat(200), watch(place)),
      next('x'.repeat(200), first),
      subscribe('x'.repeat(200), watch(place)),
      { closed: 4409, reason: 'Subscriber already exists' },
    ],
  ],
];
