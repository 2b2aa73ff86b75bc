import { createProcessLife, type ProcessLife } from './process-life.js';
import type { Port } from './ports/port.js';
import type { World } from './world.js';

/** A place for a process: when one dies, the next is begun. */
export interface ProcessSlot<Running> {
  readonly name: string;
  /** The one that runs, once it has opened. */
  running(): { readonly life: ProcessLife; readonly service: Running } | undefined;
  life(): ProcessLife | undefined;
  begin(): void;
  kill(): void;
  /** Stands still for so long, and notices some time later that the broker has given it up. */
  freeze(ms: number): void;
}

export interface SlotOptions<Running> {
  readonly name: string;
  readonly world: World;
  readonly boot: (port: Port) => Promise<Running>;
}

export function createProcessSlot<Running>({ name, world, boot }: SlotOptions<Running>): ProcessSlot<Running> {
  const { scheduler, choices, sightings } = world;
  let life: ProcessLife | undefined;
  let service: Running | undefined;
  let frozen: (() => void)[] = [];
  let incarnations = 0;

  const beginSoon = (): void => {
    const afterMs = world.plan().isOn ? 20 + choices.below(6_000) : 20;
    scheduler.setTimer(afterMs, begin);
  };
  const begin = (): void => {
    if (life !== undefined && !life.isOver()) return;
    incarnations += 1;
    const mine = createProcessLife(`${name}#${incarnations}`, scheduler);
    life = mine;
    service = undefined;
    frozen = [];
    const callbacks = frozen;
    const port: Port = {
      ...{ life: mine, choices, sightings },
      plan: world.plan,
      onFreeze: (run) => void callbacks.push(run),
    };
    scheduler.note(mine.name, 'begins');
    boot(port).then(
      (opened) => {
        if (mine === life && !mine.isOver()) service = opened;
      },
      (error: unknown) => {
        // As a process that cannot open: it ends, and is begun again.
        scheduler.note(mine.name, `could not open: ${String(error)}`);
        if (mine === life) kill();
      },
    );
  };
  const kill = (): void => {
    if (life === undefined || life.isOver()) return;
    scheduler.note(life.name, 'dies');
    life.die();
    service = undefined;
    beginSoon();
  };
  return {
    name,
    running: () => (life === undefined || service === undefined || life.isOver() ? undefined : { life, service }),
    life: () => life,
    begin,
    kill,
    freeze(ms) {
      if (life === undefined || life.isOver() || life.isFrozen()) return;
      const mine = life;
      scheduler.note(mine.name, `stands still for ${ms} ms`);
      sightings.saw('a process stood still beyond its leases');
      mine.freeze(ms);
      for (const run of frozen) run();
      scheduler.setTimer(ms + 1 + choices.below(3_000), () => {
        if (mine === life) kill();
      });
    },
  };
}
