/**
 * The IAM actions that a program's code uses, found in the code: the files that its imports lead to, the methods of table,
 * queues and objects that are called in them, and the commands of the AWS SDK behind each method.
 */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The commands behind each method; a test compares them with the commands that the implementations import. */
export const commandsOf = {
  'table.get': ['GetItem'],
  // Used where no answer has given the time yet.
  'table.time': ['GetItem'],
  'table.readSweep': ['GetItem'],
  'table.writeSweep': ['PutItem'],
  'table.getMany': ['BatchGetItem'],
  'table.readLock': ['GetItem'],
  // The item that failed the condition is read where the answer does not contain it.
  'table.create': ['PutItem', 'GetItem'],
  'table.lock': ['PutItem', 'GetItem'],
  'table.transition': ['UpdateItem', 'GetItem'],
  'table.touch': ['UpdateItem', 'GetItem'],
  'table.listOwned': ['Query'],
  'table.surveyOwned': ['Query'],
  'table.listPlaced': ['Query'],
  'table.removeTags': ['DeleteItem'],
  'table.check': ['DescribeTable'],
  'table.keepPayload': ['PutItem'],
  'table.readPayloads': ['BatchGetItem'],
  'table.renewPayload': ['UpdateItem'],
  'entries.get': ['GetItem'],
  'entries.getMany': ['BatchGetItem', 'GetItem'],
  'entries.create': ['PutItem', 'GetItem'],
  'entries.replace': ['PutItem', 'GetItem'],
  'entries.put': ['PutItem'],
  'entries.remove': ['DeleteItem', 'GetItem'],
  'entries.drop': ['DeleteItem'],
  'entries.list': ['Query', 'BatchGetItem', 'GetItem'],
  'entries.listKeys': ['Query'],
  'queues.send': ['GetQueueUrl', 'SendMessageBatch'],
  'queues.receive': ['GetQueueUrl', 'ReceiveMessage'],
  'queues.delete': ['GetQueueUrl', 'DeleteMessageBatch'],
  'queues.setVisibility': ['GetQueueUrl', 'ChangeMessageVisibility'],
  // Only for queues within one process.
  'queues.arrival': [],
  'queues.depth': ['GetQueueUrl', 'GetQueueAttributes'],
  'queues.check': ['GetQueueUrl', 'GetQueueAttributes'],
  'objects.read': ['GetObject'],
  'objects.write': ['HeadObject', 'PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'AbortMultipartUpload'],
} as const satisfies Record<string, readonly string[]>;

/** The files that implement the methods; calls in them are counted for their callers. */
export const implementations = [
  'core/table/dynamodb/table.ts',
  'core/table/dynamodb/items.ts',
  'core/table/dynamodb/places.ts',
  'core/table/dynamodb/payloads.ts',
  'core/table/dynamodb/batchGet.ts',
  'core/queue/sqs/queues.ts',
  'jobs/files/s3/objectStore.ts',
  'jobs/files/s3/upload.ts',
];

/** IAM has one action for a call and its batch form, and for all steps of an upload except its abort. */
const actionNames: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  HeadObject: 'GetObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
};
const services = { table: 'dynamodb', queues: 'sqs', objects: 's3' } as const;

/** @param entry A file, relative to the project's root. @throws {Error} at a method that `commandsOf` does not know. */
export function usedActions(entry: string): Set<string> {
  const actions = new Set<string>();
  for (const method of methodsFrom(entry)) {
    if (!isKnown(method)) throw new Error(`${method} is called, and its commands are not known`);
    const service =
      services[method.startsWith('table') || method.startsWith('entries') ? 'table' : method.startsWith('queues') ? 'queues' : 'objects'];
    for (const command of commandsOf[method]) actions.add(`${service}:${actionNames[command] ?? command}`);
  }
  if (reachable(entry).has('runtime/parameterStore.ts')) actions.add('ssm:GetParametersByPath');
  if (reachable(entry).has('runtime/secrets.ts')) actions.add('secretsmanager:GetSecretValue');
  return actions;
}

/** The commands that a file imports from the SDK. */
export function importedCommands(path: string): string[] {
  const imports = [...read(path).matchAll(/^import \{([^}]*)\} from '@aws-sdk/gm)].map(([, names = '']) => names).join();
  return [...imports.matchAll(/\b(\w+)Command\b/g)].map(([, command = '']) => command);
}

function methodsFrom(entry: string): Set<string> {
  const methods = new Set<string>();
  for (const path of reachable(entry)) {
    if (implementations.includes(path)) continue;
    // Only a program that takes `notReady` from openCore asks whether table and queues answer.
    if (path === 'runtime/open.ts' && !read(entry).includes('notReady')) continue;
    for (const [method] of read(path).matchAll(calls)) methods.add(method);
  }
  return methods;
}

/** Methods of entries that lists do not have: in the code they also look like those of `Object.entries`. */
const calls = /\b(?:(?:table|queues|objects)\.\w+|entries\.(?:get|getMany|create|replace|put|remove|list|listKeys))(?=\()/g;

const imported = /^(?:import|export)\s(?!type\b)(?:[^;]*?from )?'(\.[^']+)';/gm;
const loaded = /\bimport\('(\.[^']+)'\)/g;

/**
 * The files that a program imports, and what those import; type imports do not exist at run time. Only a program that asks for
 * handlers loads them.
 */
export function reachable(entry: string): Set<string> {
  const kinds = read(entry).includes('loadJobHandlers(') ? [imported, loaded] : [imported];
  const found = new Set<string>();
  function follow(path: string): void {
    if (found.has(path)) return;
    found.add(path);
    for (const kind of kinds) {
      for (const [, specifier = ''] of read(path).matchAll(kind)) follow(posix.join(posix.dirname(path), specifier));
    }
  }
  follow(entry);
  return found;
}

/** A file's code without its doc comments, which may contain example calls. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
}

function isKnown(method: string): method is keyof typeof commandsOf {
  return method in commandsOf;
}
