/** Builds the conditional writes of the state machine: from a rule, the writer's facts and its changes. */
import { isFailed, isFinal, type HistoryEntry, type JobFailure, type JobStatus } from '../../job.ts';
import type { Placed } from '../../place.ts';
import { conditionValues, guards, sameVersion, type Facts, type Guard } from '../../guards.ts';
import type { Rule } from '../../transitions.ts';
import type { Changes } from '../jobTable.ts';
import { encode, encodeHistoryEntry, encodePayload, indexOf, type Item } from './codec.ts';

export interface WriteExpressions {
  readonly ConditionExpression: string;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Item;
}

export interface TransitionWrite {
  readonly jobId: string;
  readonly rule: Rule & { readonly to: JobStatus };
  readonly facts: Facts;
  readonly changes: Changes;
  /** Recorded in the history's new entry. */
  readonly attempt: number;
  readonly error?: JobFailure | undefined;
  /** Replaces the history that the new entry is appended to. */
  readonly keptHistory?: readonly HistoryEntry[] | undefined;
  /** Undefined: the owner is assumed to have no webhooks, and the write is refused where it has some. */
  readonly webhookVersion: number | undefined;
  /** Seconds since the epoch; undefined where the job has not ended. */
  readonly expiresAt: number | undefined;
  readonly writeId: string;
}

export function transitionExpressions(write: TransitionWrite): WriteExpressions {
  const { rule, facts, webhookVersion } = write;
  const to = rule.to;
  const entry = encodeHistoryEntry({ status: to, at: facts.now.at, attempt: write.attempt, error: write.error });
  const { keptHistory } = write;
  const waiting = write.changes.waiting ?? undefined;
  const tell = write.changes.tell ?? undefined;
  return expressions(
    [sameVersion, ...ruleConditions(rule, facts), ...(isFinal(to) && webhookVersion === undefined ? [hasNoWebhooks] : [])],
    {
      ...changesOf({ ...write.changes, waiting: waiting ?? null, tell: tell ?? null }),
      ...placeAssignments({ jobId: write.jobId, status: to, version: facts.version + 1, waiting, tell, webhookVersion }),
      ...troubleAssignments(write.changes.error, to),
      status: { value: to },
      version: { expression: 'version + :one', values: { one: 1 } },
      writeId: { value: write.writeId },
      updatedAt: { value: facts.now.at },
      expiresAt: write.expiresAt === undefined ? 'remove' : { value: write.expiresAt },
      // The version before wrote it on every record; now `dueAt` says it.
      notBefore: 'remove',
      history:
        keptHistory === undefined
          ? { expression: 'list_append(history, :entries)', values: { entries: [entry] } }
          : { value: [...keptHistory.map(encodeHistoryEntry), entry] },
      outcome: isFinal(to) ? { value: to } : 'remove',
      // The version before used it as an index key.
      openShard: 'remove',
    },
    facts,
    rule.from,
  );
}

/** Otherwise the job ends at the place from which the jobs waiting for it are told. */
const hasNoWebhooks = 'attribute_not_exists(webhookVersion)';

/** A write that leaves status, version and history unchanged. */
export function touchExpressions({
  jobId,
  rule,
  facts,
  changes,
  writeId,
}: {
  jobId: string;
  rule: Rule;
  facts: Partial<Facts>;
  changes: Changes;
  writeId: string;
}): WriteExpressions {
  const moved = placeAfter(jobId, facts, changes);
  const assignments = { ...changesOf(changes), ...moved, ...troubleAssignments(changes.error), writeId: { value: writeId } };
  return expressions(ruleConditions(rule, facts), assignments, facts, rule.from);
}

function placeAfter(
  jobId: string,
  { status = 'PENDING', version = 0, tell, webhookVersion }: Partial<Facts>,
  changes: Changes,
): ReturnType<typeof placeAssignments> {
  const { waiting } = changes;
  const isMoved = waiting !== undefined || changes.tell !== undefined || (changes.webhookVersion !== undefined && isFinal(status));
  if (!isMoved) return {};
  return placeAssignments({
    jobId,
    status,
    version,
    waiting: waiting ?? undefined,
    tell: changes.tell === undefined ? tell : (changes.tell ?? undefined),
    webhookVersion: changes.webhookVersion ?? webhookVersion,
  });
}

type Assignment = 'remove' | { readonly value: unknown } | { readonly expression: string; readonly values: Record<string, unknown> };

function placeAssignments(job: Placed): Record<string, Assignment> {
  const { place, rank } = indexOf(job);
  return { place: place === undefined ? 'remove' : { value: place }, rank: rank === undefined ? 'remove' : { value: rank } };
}

/** What the index of jobs in trouble holds: the job's owner, if the job belongs there, and its error. */
function troubleAssignments(error: JobFailure | null | undefined, to?: JobStatus): Record<string, Assignment> {
  const isTroubled = (error !== undefined && error !== null) || (to !== undefined && isFailed(to));
  // An open job keeps the error that it has.
  const isWell = !isTroubled && (error === null || to === 'SUCCEEDED');
  return {
    ...(isTroubled ? { troubledOwner: { expression: '#owner', values: {} } } : {}),
    ...(error === undefined || error === null ? {} : { errorCode: { value: error.code } }),
    ...(error === null || isWell ? { errorCode: 'remove' } : {}),
    ...(isWell ? { troubledOwner: 'remove' } : {}),
  };
}

function ruleConditions(rule: Rule, facts: Partial<Facts>): readonly string[] {
  const from = rule.from.map((_, index) => `:from${index}`).join(', ');
  const asked = rule.guards.map((name): Guard => guards[name]).filter(({ needs }) => needs === undefined || facts[needs] !== undefined);
  return [`#status IN (${from})`, ...asked.map(({ condition }) => condition)];
}

function changesOf({ leaseExpiresAt, params, result, ...changes }: Changes): Record<string, Assignment> {
  const assignments: Record<string, Assignment> = {};
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined) assignments[name] = value === null ? 'remove' : { value };
  }
  if (params !== undefined) assignments['params'] = { value: encodePayload(params) };
  if (result !== undefined) assignments['result'] = result === null ? 'remove' : { value: encodePayload(result) };
  if (leaseExpiresAt !== undefined) assignments['claim.expiresAt'] = { value: leaseExpiresAt };
  return assignments;
}

/** DynamoDB refuses values that no expression names, so only the facts that the conditions use are sent. */
function expressions(
  conditions: readonly string[],
  assignments: Record<string, Assignment>,
  facts: Partial<Facts>,
  from: readonly JobStatus[],
): WriteExpressions {
  const names: Record<string, string> = { '#status': 'status' };
  const values: Record<string, unknown> = {};
  const sets: string[] = [];
  const removes: string[] = [];

  for (const [path, assignment] of Object.entries(assignments)) {
    const placeholder = path
      .split('.')
      .map((part) => {
        names[`#${part}`] = part;
        return `#${part}`;
      })
      .join('.');
    if (assignment === 'remove') removes.push(placeholder);
    else if ('expression' in assignment) {
      sets.push(`${placeholder} = ${assignment.expression}`);
      for (const [name, value] of Object.entries(assignment.values)) values[`:${name}`] = value;
    } else {
      const name = `:set_${path.replace('.', '_')}`;
      sets.push(`${placeholder} = ${name}`);
      values[name] = assignment.value;
    }
  }

  if (sets.some((set) => set.endsWith('= #owner'))) names['#owner'] = 'owner';
  const condition = conditions.join(' AND ');
  // Placeholder for a word that DynamoDB reserves.
  if (condition.includes('#type')) names['#type'] = 'type';
  const known = conditionValues(facts);
  for (const [, name] of condition.matchAll(/:(\w+)/g)) {
    if (name !== undefined && known[name] !== undefined) values[`:${name}`] = known[name];
  }
  for (const [index, status] of from.entries()) values[`:from${index}`] = status;

  return {
    ConditionExpression: condition,
    UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: encode(values),
  };
}
