import type { CheckpointRegistry, Persistent } from './contract/unit.ts';

/** Lets a unit that is built anew on a configuration reload go on where its predecessor stopped. */
export class CheckpointRelay implements CheckpointRegistry {
  private readonly target: CheckpointRegistry;
  private readonly current = new Map<string, Persistent>();

  constructor(target: CheckpointRegistry) {
    this.target = target;
  }

  register(name: string, part: Persistent): void {
    const predecessor = this.current.get(name);
    this.current.set(name, part);
    if (predecessor !== undefined) {
      part.restore(JSON.parse(JSON.stringify(predecessor.save() ?? null)));
      return;
    }
    this.target.register(name, {
      save: () => this.current.get(name)?.save(),
      isUrgent: () => this.current.get(name)?.isUrgent?.() ?? false,
      hold: () => this.current.get(name)?.hold?.(),
      letGo: () => this.current.get(name)?.letGo?.(),
      prepare: () => this.current.get(name)?.prepare?.() ?? true,
      restore: (saved) => this.current.get(name)?.restore(saved),
    });
  }
}
