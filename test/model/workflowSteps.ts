/** What somebody who tells does next: one read or one write of a record is one step. */
import { isFinal } from '../../core/job.ts';
import { lookAtJob, lookAtWorkflow, outcomeOf, tellsWorkflow } from '../../core/workflow/look.ts';
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
  type Item,
  type Teller,
  type WorkflowItem,
  type LongMutant,
  type WorkflowMutant,
  type WorkflowSetting,
  type WorkflowsState,
  type WorkflowStep,
} from './workflowState.ts';

type Target = number | 'workflow' | `child ${number}`;

export function tellerSteps(
  setting: WorkflowSetting,
  state: WorkflowsState,
  index: number,
  mutant: WorkflowMutant | LongMutant | undefined,
): readonly WorkflowStep[] {
  const teller = state.tellers[index];
  if (teller === undefined) return [];
  const { needs, children = [], isWhole = false } = setting;
  const targets = targetsOf();
  const target = targets[teller.next];
  const steps: WorkflowStep[] = [];
  const add = (name: string, me: Partial<Teller> | 'leaves', more: Partial<WorkflowsState> = {}, isOptional = false): void => {
    const tellers = me === 'leaves' ? state.tellers.toSpliced(index, 1) : state.tellers.with(index, { ...teller, ...me });
    steps.push({ name: `who tells of ${teller.of} ${name} ${target ?? ''}`, isOptional, to: { ...state, tellers, ...more } });
  };
  if (state.left.crashes > 0) add('dies', 'leaves', { left: { ...state.left, crashes: state.left.crashes - 1 } }, true);
  if (teller.at === 'told' || teller.at === 'write told' || target === undefined) finish();
  else if (teller.at === 'put') put(target);
  else if (target === 'workflow') workflow();
  else if (typeof target === 'string') child(Number(target.slice('child '.length)));
  else job(target);
  return steps;

  function targetsOf(): readonly Target[] {
    const { of } = teller ?? {};
    const isChild = (number: number): boolean => children.some((those) => those.includes(number));
    if (of === 'making') return [...needs.keys()].filter((number) => !isChild(number));
    if (of === undefined || of === 'workflow') return mutant === 'never looks at the one it tells of' ? [] : ['workflow'];
    const waiting = [...needs.entries()].flatMap(([number, those]) =>
      those.includes(of) || children[number]?.includes(of) === true ? [number] : [],
    );
    const own = mutant === 'never looks at the one it tells of' ? [] : [of];
    const cancelled = teller?.cancels === undefined ? [] : (children[of] ?? []).map((number) => `child ${number}` as const);
    return [...waiting, ...cancelled, ...own, ...(isWhole && !isChild(of) ? (['workflow'] as const) : [])];
  }

  function goesOn(more: Partial<Teller> = {}): Partial<Teller> {
    const next = (teller?.next ?? 0) + 1;
    const at = next >= targets.length ? 'told' : teller?.of === 'making' ? 'put' : 'read';
    return { next, at, seen: undefined, reads: {}, ...more };
  }
  function again(): Partial<Teller> {
    return mutant === 'looks once' ? goesOn() : { at: 'read', seen: undefined, reads: {}, isThorough: true };
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
    const next = childCancelled(teller, item, mutant);
    if (seen === undefined || !('isBorn' in seen)) return add('reads', next === undefined ? goesOn() : { seen: item, at: 'look' });
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
      const pointsHere = of === 'making' || number === of || item.waitsFor === String(of) || item.cause?.jobId === String(of);
      const passes = (!teller.isThorough || mutant === 'passes over all but its own when it sweeps') && !pointsHere;
      const open = teller.open || isOpen;
      add('reads', passes || !item.isBorn ? goesOn({ open }) : { seen: item, at: 'look', open });
      return;
    }
    const look = lookAtJob(seen, wantsOf(setting, number, seen), (jobId) => reads[jobId]);
    if (look.kind === 'read') {
      const jobId = look.jobIds[0] ?? '';
      add(`reads ${jobId} for`, { reads: { ...reads, [jobId]: seenOf(itemAt(state, Number(jobId))) } });
    } else if (look.kind === 'nothing' || (look.kind === 'revive' && mutant === 'never revives')) {
      add('sees nothing for', goesOn());
    } else {
      const move = moveBehind(seen, look);
      const isMute = mutant === 'cancels and revives without a marker' && move.event !== undefined;
      const isBlocked = isMute && move.event === 'revive' && move.changes.waitsFor === null;
      const changes = isMute ? { ...move.changes, tell: null, ...(isBlocked ? { waiting: null } : {}) } : move.changes;
      const next = written(item, seen, move, changes, mutant === 'writes whatever was written since');
      if (next === undefined) return add('is too late for', again());
      const items = state.items.with(number, next);
      const me = { ...teller, ...again() };
      const tellers = state.tellers.with(index, me);
      const isNew = next.tell !== undefined && next.tell !== item.tell;
      const busy = isNew
        ? withTeller(setting, { ...state, items, tellers }, { of: number, version: next.tell, isThorough: false })
        : tellers;
      steps.push({ name: `who tells of ${of} makes ${number} ${look.kind}`, isOptional: false, to: { ...state, items, tellers: busy } });
    }
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
    const jobIds = [...needs.keys()].filter((number) => !children.some((those) => those.includes(number))).map(idOf);
    const backwards = jobIds.toReversed();
    const at = teller.at === 'confirm';
    const shown = { ...seen, waitsFor: seen.waitsFor === undefined ? undefined : idOf(seen.waitsFor) };
    const told = typeof of === 'number' ? idOf(of) : undefined;
    const look = at ? outcomeOf(jobIds, (jobId) => reads[jobId]) : lookAtWorkflow(shown, backwards, (jobId) => reads[jobId], told);
    if (look.kind === 'read') {
      const jobId = look.jobIds[0] ?? '';
      add(`reads ${jobId} for`, { reads: { ...reads, [jobId]: seenOf(itemAt(state, Number(jobId))) } });
    } else if (look.kind === 'nothing' || (look.kind === 'reopen' && mutant === 'counts a retried failure' && isRecount(seen, look.at))) {
      add('sees nothing for', goesOn());
    } else if (look.kind === 'confirm') {
      const success = { status: 'SUCCEEDED', generation: 1 } as const;
      const kept =
        mutant === 'ends without a second reading' ? Object.fromEntries(jobIds.map((jobId) => [jobId, reads[jobId] ?? success])) : {};
      add('confirms', { at: 'confirm', reads: kept });
    } else {
      if (present.stamp !== seen.stamp && mutant !== 'writes whatever was written since') return add('is too late for', again());
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
