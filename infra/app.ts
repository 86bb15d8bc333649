/** `npm run synth`: AWS as code, written to `.cache/cdk.out` without asking AWS or the network anything. */
import { createJobTicketsApp } from './stacks/jobTicketsApp.ts';

createJobTicketsApp('.cache/cdk.out').synth();
