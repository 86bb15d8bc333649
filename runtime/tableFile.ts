/** The names of the files of `npm start` in DATA_DIR. */

export const tableFile = 'jobs.sqlite';
/** Another name than in `npm run local`: the two may share a folder. */
export const lockFile = 'jobs.lock';
