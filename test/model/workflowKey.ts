/**
 * States of the workflows’ model that cannot be told apart later have the same key. Versions and stamps are only ever compared
 * with the present ones: what somebody has read is known by whether it is the present record, and a marker by whether it stands.
 */
import type { Item, Teller, WorkflowItem, WorkflowsState } from './workflowState.ts';

export function createKey(): (state: WorkflowsState) => string {
  // Records are shared by all states between two writes.
  const texts = new WeakMap<object, string>();
  const once = <Value extends object>(value: Value, make: (value: Value) => string): string => {
    const known = texts.get(value);
    if (known !== undefined) return known;
    const text = make(value);
    texts.set(value, text);
    return text;
  };
  return (state) => {
    const { items, workflow, tellers, isMaking, left, wrong = '' } = state;
    let key = `${once(workflow, shownWorkflow)}|${isMaking ? 1 : 0}|${once(left, shownLeft)}|${wrong}`;
    for (const item of items) key += `|${once(item, shownItem)}`;
    const busy = tellers.map((teller) => shownTeller(teller));
    if (busy.length > 1) busy.sort();
    for (const one of busy) key += `;${one}`;
    return key;

    function shownTeller(teller: Teller): string {
      const { of, version, seen } = teller;
      const tell = of === 'making' ? version : of === 'workflow' ? workflow.tell : items[of]?.tell;
      return `${once(teller, shownOwn)}${tell === version ? 'm' : ''}${seen === undefined ? '' : isPresent(teller, seen) ? '=' : '!'}`;
    }

    function isPresent(teller: Teller, seen: Item | WorkflowItem): boolean {
      if (!('isBorn' in seen)) return seen.stamp === workflow.stamp;
      return items[numberOf(teller)]?.stamp === seen.stamp;
    }
  };

  function shownOwn({ of, isThorough, next, at, open, cancels, seen, reads }: Teller): string {
    let text = `${of}.${next}.${at}.${isThorough ? 't' : ''}${open ? 'o' : ''}${cancels ?? ''}`;
    for (const [id, one] of Object.entries(reads))
      text += `+${id}${one === 'unborn' ? '-' : one.status.slice(0, 2) + String(one.generation)}`;
    if (seen === undefined) return text;
    return `${text}?${'isBorn' in seen ? once(seen, shownItem) : once(seen, shownWorkflow)}`;
  }
}

/** Of the job whose record it has read: in the end, the one that it tells of. */
function numberOf({ targets, next, of }: Teller): number {
  const target = targets[next] ?? of;
  return typeof target === 'number' ? target : Number(target.replace('child ', ''));
}

function shownItem({ isBorn, status, generation, waitsFor = '', cause, tell, waiting, ...item }: Item): string {
  return [
    isBorn ? status.slice(0, 2) : '-',
    generation,
    waitsFor,
    shownCause(cause),
    tell === undefined ? '' : 't',
    waiting === undefined ? '' : 'w',
    item.hasEnded ? 'e' : '',
    item.awaitsChildren ? 'c' : '',
    item.parentGeneration,
    item.sawParent ?? '',
    item.isOfCancel ? 'p' : '',
    item.runsOn ?? '',
  ].join(',');
}

function shownWorkflow({ status, waitsFor, cause, tell }: WorkflowItem): string {
  return `${status.slice(0, 1)},${waitsFor ?? ''},${shownCause(cause)},${tell === undefined ? '' : 't'}`;
}

const shownCause = (cause: Item['cause']): string => (cause === undefined ? '' : `${cause.jobId}.${cause.generation}`);

const shownLeft = (left: WorkflowsState['left']): string => Object.values(left).join('.');
