/** What the protocol's document says (graphql-ws, PROTOCOL.md), sentence by sentence, each with a conversation that shows it. */
import {
  ack,
  cancel,
  complete,
  completed,
  endingJob,
  first,
  init,
  invalid,
  next,
  ready,
  settled,
  slow,
  subscribe,
  typename,
  watch,
  type Sentence,
} from './words.ts';

/** What the document says, and a conversation that shows it. */
export const sentences: readonly Sentence[] = [
  ['“The client is now ready” after an init without a payload', () => [...ready, subscribe('1', '{ __typename }'), ...typename]],
  ['an init’s payload may be null', () => [{ say: { type: 'connection_init', payload: null } }, ack]],
  ['an init’s payload may be an object', () => [{ say: { type: 'connection_init', payload: { a: 1 } } }, ack]],
  ['no init “within the allowed timeout”: 4408', () => [{ closed: 4408, reason: 'Connection initialisation timeout' }]],
  ['pings do not stand for an init: 4408', () => [...settled, { closed: 4408, reason: 'Connection initialisation timeout' }]],
  [
    '“more than one ConnectionInit message at any given time”: 4429',
    () => [init, init, { closed: 4429, reason: 'Too many initialisation requests' }],
  ],
  ['a second init after the acknowledgement: 4429', () => [...ready, init, { closed: 4429, reason: 'Too many initialisation requests' }]],
  [
    'a second init while an operation runs: 4429',
    (place) => [...ready, subscribe('1', watch(place)), next('1', first), init, { closed: 4429 }],
  ],

  ['“A Pong must be sent in response”, at any time, before an init too', () => [...settled, ...ready, ...settled]],
  [
    'a ping’s payload comes back',
    () => [{ say: { type: 'ping', payload: { n: [1, { a: 'b' }] } } }, { hear: { type: 'pong', payload: { n: [1, { a: 'b' }] } } }],
  ],
  ['a ping’s payload may be null', () => [{ say: { type: 'ping', payload: null } }, { hear: { type: 'pong' } }]],
  [
    'a pong “may even be sent unsolicited”',
    () => [{ say: { type: 'pong' } }, ...ready, { say: { type: 'pong', payload: { a: 1 } } }, ...settled],
  ],

  ['an operation that is not acknowledged: 4401', () => [subscribe('1', '{ __typename }'), { closed: 4401, reason: 'Unauthorized' }]],
  [
    'an active id: 4409, with its name',
    (place) => [
      ...ready,
      subscribe('a b', watch(place)),
      next('a b', first),
      subscribe('a b', watch(place)),
      { closed: 4409, reason: 'Subscriber for a b already exists' },
    ],
  ],
  [
    'an active id, “regardless of the operation type”: 4409',
    (place) => [
      ...ready,
      slow(place, '1', 5),
      subscribe('1', '{ __typename }'),
      { closed: 4409, reason: 'Subscriber for 1 already exists' },
    ],
  ],
  [
    '“Once a client completes an operation, it is free to re-use that ID”',
    (place) => [...ready, subscribe('1', watch(place)), next('1', first), complete('1'), subscribe('1', '{ __typename }'), ...typename],
  ],
  [
    'an id that the server completed is free too',
    () => [...ready, subscribe('1', '{ __typename }'), ...typename, subscribe('1', '{ __typename }'), ...typename],
  ],
  [
    'an id whose operation failed is free too',
    () => [...ready, subscribe('1', '{ nope }'), { hear: { id: '1', type: 'error' } }, subscribe('1', '{ __typename }'), ...typename],
  ],
  [
    'ids are any text',
    () =>
      ['__proto__', 'constructor', ' ', '💥'].flatMap((id, index) => [
        ...(index === 0 ? ready : []),
        subscribe(id, '{ __typename }'),
        next(id, { data: { __typename: 'Query' } }),
        completed(id),
      ]),
  ],
  [
    '“Multiple operations … can be active at any time and their messages can be interleaved”',
    (place) => [
      ...ready,
      slow(place, '1', 1),
      subscribe('2', watch(place)),
      next('2', first),
      subscribe('3', '{ __typename }'),
      next('3', { data: { __typename: 'Query' } }),
      completed('3'),
      next('1', { data: { waitForJob: { version: 1 } } }),
      completed('1'),
    ],
  ],
  [
    'operationName, variables and extensions may be null',
    () => [...ready, subscribe('1', '{ __typename }', { operationName: null, variables: null, extensions: null }), ...typename],
  ],
  [
    'operationName and variables are used',
    () => [
      ...ready,
      subscribe('1', 'query A { a: __typename } query B($v: Boolean!) { __typename @include(if: $v) b: __typename }', {
        operationName: 'B',
        variables: { v: false },
        extensions: {},
      }),
      next('1', { data: { b: 'Query' } }),
      completed('1'),
    ],
  ],

  [
    'an error “before execution starts” ends the operation, and no complete follows',
    () => [...ready, subscribe('1', '{ nope }'), { hear: { id: '1', type: 'error' } }, ...settled],
  ],
  [
    'an operation that cannot be told is an error',
    () => [...ready, subscribe('1', 'query A { __typename } query B { __typename }'), { hear: { id: '1', type: 'error' } }, ...settled],
  ],
  [
    'a resolver’s error is part of a result',
    () => [...ready, subscribe('1', '{ job(jobId: "none") { version } }'), next('1', { data: { job: null } }), completed('1')],
  ],
  [
    'a subscription that cannot begin has one result, and is complete',
    () => [
      ...ready,
      subscribe('1', 'subscription { jobStatusChanged(jobId: "none") { version } }'),
      { hear: { id: '1', type: 'next' } },
      completed('1'),
    ],
  ],

  [
    '“After all results have been emitted, the Complete message will follow”',
    (place) =>
      endingJob(place, (jobId) => [
        ...ready,
        subscribe('1', `subscription { jobStatusChanged(jobId: "${jobId}") { version } }`),
        next('1', first),
        cancel(place, jobId),
        next('1', { data: { jobStatusChanged: { version: 2 } } }),
        completed('1'),
        ...settled,
      ]),
  ],
  [
    '“the client has stopped listening”: nothing more of it',
    (place) =>
      endingJob(place, (jobId) => [
        ...ready,
        subscribe('1', `subscription { jobStatusChanged(jobId: "${jobId}") { version } }`),
        next('1', first),
        complete('1'),
        ...settled,
        cancel(place, jobId),
        ...settled,
      ]),
  ],
  [
    'a result that was completed “before it resolved” is not sent',
    (place) => [
      ...ready,
      slow(place, '1', 1),
      complete('1'),
      slow(place, '2', 2),
      next('2', { data: { waitForJob: { version: 1 } } }),
      completed('2'),
    ],
  ],
  ['“simply ignore all unknown IDs”', () => [...ready, complete('never'), ...settled]],
  [
    'a complete that crosses the server’s own is ignored',
    () => [...ready, subscribe('1', '{ __typename }'), ...typename, complete('1'), complete('1'), ...settled],
  ],
  ['a complete before the init is ignored', () => [complete('1'), ...ready]],
  [
    '“The client closes the socket … by dispatching a 1000”',
    (place) => [...ready, subscribe('1', watch(place)), next('1', first), { close: 1000 }, { closed: 1000 }],
  ],

  ['not JSON: 4400', () => [{ say: '{' }, invalid]],
  ['JSON that is no object: 4400', () => [{ say: '"ping"' }, invalid]],
  ['a list: 4400', () => [{ say: [{ type: 'ping' }] }, invalid]],
  ['null: 4400', () => [{ say: 'null' }, invalid]],
  ['nothing: 4400', () => [{ say: '' }, invalid]],
  ['no type: 4400', () => [{ say: { payload: {} } }, invalid]],
  ['a type that is no text: 4400', () => [{ say: { type: 1 } }, invalid]],
  ['“a type … not specified in this document”: 4400', () => [{ say: { type: 'hello' } }, invalid]],
  ['a type of the old protocol: 4400', () => [{ say: { type: 'start', id: '1', payload: { query: '{ __typename }' } } }, invalid]],
  ['an init whose payload is a list: 4400', () => [{ say: { type: 'connection_init', payload: [] } }, invalid]],
  ['a ping whose payload is text: 4400', () => [{ say: { type: 'ping', payload: 'x' } }, invalid]],
  ['a pong whose payload is a number: 4400', () => [{ say: { type: 'pong', payload: 1 } }, invalid]],
  ['a subscribe without an id: 4400', () => [...ready, { say: { type: 'subscribe', payload: { query: '{ __typename }' } } }, invalid]],
  ['a subscribe with an empty id: 4400', () => [...ready, subscribe('', '{ __typename }'), invalid]],
  [
    'a subscribe whose id is a number: 4400',
    () => [...ready, { say: { id: 1, type: 'subscribe', payload: { query: '{ __typename }' } } }, invalid],
  ],
  ['a subscribe without a payload: 4400', () => [...ready, { say: { id: '1', type: 'subscribe' } }, invalid]],
  ['a subscribe without a query: 4400', () => [...ready, { say: { id: '1', type: 'subscribe', payload: {} } }, invalid]],
  ['a subscribe whose variables are a list: 4400', () => [...ready, subscribe('1', '{ __typename }', { variables: [] }), invalid]],
  ['a subscribe whose operationName is a number: 4400', () => [...ready, subscribe('1', '{ __typename }', { operationName: 1 }), invalid]],
  ['a subscribe whose extensions are text: 4400', () => [...ready, subscribe('1', '{ __typename }', { extensions: 'x' }), invalid]],
  ['a complete without an id: 4400', () => [...ready, { say: { type: 'complete' } }, invalid]],
  ['fields that no message has are ignored', () => [{ say: { type: 'connection_init', id: 'x', extra: 1 } }, ack]],

  [
    'a message in frames, one of them in the middle of a sign',
    () => [{ sayInPieces: ['{"type":', '"connection_', 'init"}'] }, ack, ...settled],
  ],
  ['text that is no UTF-8: 1007', () => [...ready, { sayBytes: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), as: 'text' }, { closed: 1007 }]],
];
