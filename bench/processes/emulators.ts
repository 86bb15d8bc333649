/** The embedded AWS, in memory. */
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { serveCommands } from '../support/child.ts';

const aws = await openEmbeddedAws({ dataDir: '' });
serveCommands({ endpoints: () => aws.endpoints });
