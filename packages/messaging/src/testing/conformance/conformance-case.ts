import type { ConformanceSubject } from './conformance-subject.js';
import type { Stage } from './stage.js';

/** One promise of the port, and the way to find it broken. */
export interface ConformanceCase {
  /** A sentence about the transport. */
  readonly name: string;
  /** The optional ability of the subject that the case cannot do without. */
  readonly needs?: 'crash' | 'write' | 'outage';
  run(stage: Stage, subject: ConformanceSubject): Promise<void>;
}
