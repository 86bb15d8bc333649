/** Names in DATA_DIR of what `npm start` keeps there. */

export const tableFile = 'jobs.sqlite';
/** Apart from that of `npm run local`: the two may share a folder. */
export const lockFile = 'jobs.lock';
