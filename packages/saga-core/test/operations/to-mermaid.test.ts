import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { toMermaid } from '../../src/operations/to-mermaid.js';
import { everyKind } from './order-saga.js';
import { placeInstance } from './place-instance.js';

const text = toMermaid(everyKind);

describe('a saga as a Mermaid flowchart', () => {
  it('goes forwards through the stages, branches side by side', () => {
    expect(text.startsWith('flowchart TD\n')).toBe(true);
    expect(text).toContain('  s0 --> s1 & s2 & s3\n  s1 & s2 & s3 --> s4\n');
    expect(text).toMatch(/subgraph g1\["side by side"\]\n {4}s1\[.*\n {4}s2\[.*\n {4}s3\[.*\n {2}end/);
    expect(text).toContain('s8 --> finish');
  });

  it('goes backwards through the undos only, in reverse', () => {
    expect(text).toContain('  u5 -.-> u1 & u2\n  u1 & u2 -.-> u0\n  u0 -.-> back\n');
    expect(text).toContain('u1["undo reserveStock<br/>stock.release"]');
    expect(text).not.toContain('undo note');
  });

  it('gives each kind a shape, and marks the pivot', () => {
    expect(text).toContain('s0("createOrder<br/>local")');
    expect(text).toContain('s4{{"approval<br/>wait 2d, or compensate"}}');
    expect(text).toContain('s5[/"book<br/>call, if wanted"/]');
    expect(text).toContain('s6(["settle<br/>sleep 1h"])');
    expect(text).toContain('class s7 pivot');
  });

  it('gives the steps of an instance the classes of their marks', () => {
    const drawn = toMermaid(
      everyKind,
      placeInstance(everyKind, 'running', { createOrder: 'succeeded', reserveStock: 'dispatched', note: 'skipped' }),
    );
    expect(drawn).toContain('class s0 done\n');
    expect(drawn).toContain('class s1 current\n');
    expect(drawn).toContain('class s3 skipped\n');
    expect(drawn).toContain('class s2,s4,s5,s6,s7,s8 remaining\n');
  });

  it('has no way back where there is nothing to undo, and no step that Mermaid takes for a word of its own', () => {
    const plain = sagaOn<never>()('plain', { version: 1, input: z.object({}) })
      .local('end', () => {}, { compensate: 'nothing to undo' })
      .build();
    const drawn = toMermaid(plain);
    expect(drawn).not.toContain('-.->');
    expect(drawn).toContain('s0("end<br/>local")');
  });

  it('lets no name end its label', () => {
    const hostile = { ...everyKind, name: 'a"]; click s0 "javascript:x"' };
    expect(toMermaid(hostile).split('\n')[1]).toBe(
      '  start(["a#34;#93;#59; click s0 #34;javascript:x#34; version 3"])',
    );
  });
});
