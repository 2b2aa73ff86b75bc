import ts from 'typescript';
import { lineOf, type SourceFile, walk } from './source-tree.js';

const impureGlobals = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'crypto',
  'performance',
  'process',
  'console',
  'logger',
  'fetch',
  'Promise',
]);

/** What the pure layers may not do: wait, look at the clock, roll dice, or talk. */
export function impurities(file: SourceFile): string[] {
  const found: string[] = [];
  walk(file.ast, (node) => {
    const what = impurityOf(node);
    if (what !== undefined) found.push(`${file.path}:${lineOf(file, node)} uses ${what}`);
  });
  return found;
}

function impurityOf(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node)) return 'await';
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return 'for await';
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText();
    if (text === 'Date.now' || text === 'Math.random') return text;
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0) {
    return 'new Date()';
  }
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()';
  return ts.isIdentifier(node) && impureGlobals.has(node.text) && isGlobalValue(node) ? node.text : undefined;
}

/** As a value of its own: not a name in a type, not somebody's property. */
function isGlobalValue(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return ts.isExpression(parent) || ts.isVariableDeclaration(parent) || ts.isExpressionStatement(parent);
}
