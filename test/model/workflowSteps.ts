/** What somebody who tells does next: one read or one write of a record is one step. */
import { isFinal } from '../../core/job.ts';
import { hasComeTo, lookAtJob, lookAtWorkflow, outcomeOf, tellsWorkflow } from '../../core/workflow/look.ts';
import { moveBehind, moveBehindTelling, waitsForJobs, workflowBehind } from '../../core/workflow/moves.ts';
import { childCancelled } from './familySteps.ts';
import {
  dependenciesOf,
  idOf,
  itemAt,
  seenOf,
  unborn,
  wantsOf,
  withTeller,
  written,
  isChild,
  type Item,
  type Target,
  type Teller,
  type WorkflowItem,
  type WorkflowSetting,
  type WorkflowsState,
  type WorkflowStep,
} from './workflowState.ts';

export function tellerSteps(setting: WorkflowSetting, state: WorkflowsState, index: number): readonly WorkflowStep[] {
  const teller = state.tellers[index];
  if (teller === undefined) return [];
  const { needs, isWhole = false, mutant } = setting;
  const target = teller.targets[teller.next];
  const steps: WorkflowStep[] = [];
  const add = (name: string, me: Partial<Teller> | 'leaves', more: Partial<WorkflowsState> = {}, isOptional = false): void => {
    const tellers = me === 'leaves' ? state.tellers.toSpliced(index, 1) : state.tellers.with(index, { ...teller, ...me });
    steps.push({ name: `who tells of ${teller.of} ${name} ${target ?? ''}`, isOptional, to: { ...state, tellers, ...more } });
  };
  /** It hangs on nothing that can still change. */
  const addLocal = (name: string, me: Partial<Teller>): void => {
    const tellers = state.tellers.with(index, { ...teller, ...me });
    steps.push({ name: `who tells of ${teller.of} ${name} ${target ?? ''}`, isOptional: false, isLocal: true, to: { ...state, tellers } });
  };
  const addRead = (item: Item, name: string, me: Partial<Teller>): void => (item.status === 'SUCCEEDED' ? addLocal : add)(name, me);
  if (state.left.crashes > 0) add('dies', 'leaves', { left: { ...state.left, crashes: state.left.crashes - 1 } }, true);
  if (teller.at === 'told' || teller.at === 'write told' || target === undefined) finish();
  else if (teller.at === 'put') put(target);
  else if (target === 'workflow') workflow();
  else if (typeof target === 'string') child(Number(target.slice('child '.length)));
  else job(target);
  return steps;

  function goesOn(more: Partial<Teller> = {}): Partial<Teller> {
    const next = (teller?.next ?? 0) + 1;
    const at = next >= (teller?.targets.length ?? 0) ? 'told' : teller?.of === 'making' ? 'put' : 'read';
    return { next, at, seen: undefined, reads: {}, ...more };
  }
  function again(): Partial<Teller> {
    return mutant === 'looks once' ? goesOn() : { at: 'read', seen: undefined, reads: {} };
  }

  function put(number: Target): void {
    if (typeof number === 'string') return;
    const item = itemAt(state, number);
    const at = dependenciesOf(setting, number, item)[0];
    const fresh: Item = {
      ...unborn,
      isBorn: true,
      version: 1,
      stamp: 1,
      waitsFor: at,
      waiting: at === undefined ? undefined : waitsForJobs,
    };
    const items = item.isBorn ? state.items : state.items.with(number, fresh);
    add('puts', mutant === 'puts without a look' ? goesOn() : { at: 'read' }, { items });
  }

  function child(number: number): void {
    if (teller === undefined) return;
    const item = itemAt(state, number);
    const { seen } = teller;
    const next = childCancelled(setting, teller, item);
    if (seen === undefined || !('isBorn' in seen))
      return addRead(item, 'reads', next === undefined ? goesOn() : { seen: item, at: 'look' });
    if (next === undefined || (seen.stamp !== item.stamp && mutant !== 'cancels what was named again'))
      return add('is too late for', { at: 'read', seen: undefined });
    const me = state.tellers.with(index, { ...teller, ...goesOn() });
    const items = state.items.with(number, next);
    const tellers = withTeller(setting, { ...state, items, tellers: me }, { of: number, version: next.tell ?? 0, isThorough: false });
    steps.push({ name: `who tells of ${teller.of} cancels child ${number}`, isOptional: false, to: { ...state, items, tellers } });
  }

  function job(number: number): void {
    if (teller === undefined) return;
    const item = itemAt(state, number);
    const { seen, reads, of } = teller;
    const isOpen = number !== of && !isFinal(item.status);
    if (seen === undefined || !('isBorn' in seen)) {
      const looks = of === 'making' || number === of || isDue(of);
      const open = isWhole && (teller.open || isOpen);
      addRead(item, 'reads', !looks || !item.isBorn ? goesOn({ open }) : { seen: item, at: 'look', open });
      return;
    }
    const look = lookAtJob(seen, wantsOf(setting, number, seen), (jobId) => reads[jobId]);
    if (look.kind === 'read') {
      readFor(look.jobIds[0] ?? '', reads);
    } else if (look.kind === 'nothing' || (look.kind === 'revive' && mutant === 'never revives')) {
      addLocal('sees nothing for', goesOn());
    } else {
      const move = moveBehind(seen, look);
      const isMute = mutant === 'cancels and revives without a marker' && move.event !== undefined;
      const isBlocked = isMute && move.event === 'revive' && move.changes.waitsFor === null;
      const changes = isMute ? { ...move.changes, tell: null, ...(isBlocked ? { waiting: null } : {}) } : move.changes;
      const isBlind = mutant === 'writes whatever was written since';
      const next = written(item, seen, move, changes, isBlind);
      // Once out of date, what it has read stays so.
      if (next === undefined) return (item.stamp === seen.stamp || isBlind ? add : addLocal)('is too late for', again());
      const items = state.items.with(number, next);
      const me = { ...teller, ...again() };
      const tellers = state.tellers.with(index, me);
      const isNew = next.tell !== undefined && next.tell !== item.tell;
      const busy = isNew
        ? withTeller(setting, { ...state, items, tellers }, { of: number, version: next.tell, isThorough: false })
        : tellers;
      steps.push({ name: `who tells of ${of} makes ${number} ${look.kind}`, isOptional: false, to: { ...state, items, tellers: busy } });
    }

    function isDue(told: number | 'workflow'): boolean {
      const jobId = String(told);
      if (mutant === 'passes over what is past its own') return item.waitsFor === jobId || item.cause?.jobId === jobId;
      return hasComeTo(item, wantsOf(setting, number, item), jobId);
    }
  }

  function readFor(jobId: string, reads: Teller['reads']): void {
    const read = itemAt(state, Number(jobId));
    addRead(read, `reads ${jobId} for`, { reads: { ...reads, [jobId]: seenOf(read) } });
  }

  function workflow(): void {
    if (teller === undefined) return;
    const { seen, reads, of } = teller;
    const { workflow: present } = state;
    if (seen === undefined || 'isBorn' in seen) {
      const status = typeof of === 'number' ? itemAt(state, of).status : 'PENDING';
      const dependants = teller.open ? [{ status: 'PENDING' as const, generation: 1 }] : [];
      const isAsked = teller.isThorough || tellsWorkflow(status, dependants);
      add('reads', isAsked ? { seen: present, at: 'look' } : goesOn());
      return;
    }
    const jobIds = [...needs.keys()].filter((number) => !isChild(setting, number)).map(idOf);
    const backwards = jobIds.toReversed();
    const at = teller.at === 'confirm';
    const shown = { ...seen, waitsFor: seen.waitsFor === undefined ? undefined : idOf(seen.waitsFor) };
    const told = typeof of === 'number' ? idOf(of) : undefined;
    const look = at ? outcomeOf(jobIds, (jobId) => reads[jobId]) : lookAtWorkflow(shown, backwards, (jobId) => reads[jobId], told);
    if (look.kind === 'read') {
      readFor(look.jobIds[0] ?? '', reads);
    } else if (look.kind === 'nothing') {
      addLocal('sees nothing for', goesOn());
    } else if (look.kind === 'reopen' && mutant === 'counts a retried failure' && isRecount(seen, look.at)) {
      add('sees nothing for', goesOn());
    } else if (look.kind === 'confirm') {
      const success = { status: 'SUCCEEDED', generation: 1 } as const;
      const kept =
        mutant === 'ends without a second reading' ? Object.fromEntries(jobIds.map((jobId) => [jobId, reads[jobId] ?? success])) : {};
      addLocal('confirms', { at: 'confirm', reads: kept });
    } else {
      if (present.stamp !== seen.stamp && mutant !== 'writes whatever was written since') return addLocal('is too late for', again());
      const behind = workflowBehind(mutant === 'writes whatever was written since' ? present : seen, look, Number);
      add(look.kind, again(), { workflow: { ...behind, stamp: present.stamp + 1 } });
    }
  }

  function isRecount(seen: WorkflowItem, at: string): boolean {
    return seen.cause?.jobId === at && isFinal(itemAt(state, Number(at)).status);
  }

  function finish(): void {
    if (teller === undefined) return;
    const { of, version, seen } = teller;
    if (of === 'making') return add('has made all', 'leaves', { isMaking: false });
    if (of === 'workflow') {
      const { workflow: present } = state;
      const isSame = present.tell === version || mutant === 'removes a marker of another end';
      // Conditional on the one that was read: two steps in one, since a refused write is made again.
      const to = isSame ? { ...present, tell: undefined, stamp: present.stamp + 1 } : present;
      return add('removes the marker', 'leaves', { workflow: to });
    }
    const item = itemAt(state, of);
    if (teller.at !== 'write told' || seen === undefined || !('isBorn' in seen)) {
      const isSame = item.tell === version || (mutant === 'removes a marker of another end' && item.tell !== undefined);
      return add('reads it again', isSame ? { seen: item, at: 'write told' } : 'leaves');
    }
    const move = moveBehindTelling(seen);
    const next = move === undefined ? undefined : written(item, seen, move, move.changes, mutant === 'removes a marker of another end');
    if (next === undefined) return add('is too late', { at: 'told', seen: undefined });
    return add('removes the marker', 'leaves', { items: state.items.with(of, next) });
  }
}
