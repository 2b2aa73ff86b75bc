import { basename } from 'node:path';
import ts from 'typescript';
import { lineOf, type SourceFile, walk } from './source-tree.js';

const fileCap = 400;
const functionCap = 70;
const vagueNames = ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types'];

/** What is untidy in a source file. */
export function untidiness(file: SourceFile): string[] {
  return [...sizeFaults(file), ...nameFaults(file), ...commentFaults(file), ...syntaxFaults(file)];
}

/** What is untidy in a test: some of the rules, and tests that never run. */
export function testUntidiness(file: SourceFile): string[] {
  const found: string[] = [...commentFaults(file)];
  walk(file.ast, (node) => {
    if (!ts.isPropertyAccessExpression(node)) return;
    const text = node.getText();
    if (/^(it|test|describe|suite)(\.\w+)*\.(only|skip|todo)$/.test(text)) found.push(at(file, node, text));
  });
  return found;
}

function sizeFaults(file: SourceFile): string[] {
  const found: string[] = [];
  const lines = file.text.split('\n').length - 1;
  if (lines > fileCap) found.push(`${file.path} has ${lines} lines, ${fileCap} are allowed`);
  walk(file.ast, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const { line: end } = file.ast.getLineAndCharacterOfPosition(node.getEnd());
    const length = end + 2 - lineOf(file, node);
    if (length > functionCap) found.push(at(file, node, `a function of ${length} lines, ${functionCap} are allowed`));
  });
  return found;
}

function nameFaults(file: SourceFile): string[] {
  const segments = file.path.replace(/(\.\w+)+$/, '').split('/');
  const vague = segments.filter((segment) => vagueNames.includes(segment));
  return vague.map((name) => `${file.path}: "${name}" says nothing about what is inside`);
}

function commentFaults(file: SourceFile): string[] {
  const found: string[] = [];
  file.text.split('\n').forEach((line, index) => {
    const fault = /@ts-(ignore|nocheck)|(?:\/\/|\*).*\b(TODO|FIXME|XXX)\b/.exec(line);
    if (fault !== null) found.push(`${file.path}:${index + 1} ${fault[0].trim()}`);
  });
  return found;
}

function syntaxFaults(file: SourceFile): string[] {
  const found: string[] = [];
  walk(file.ast, (node) => {
    if (ts.isExportAssignment(node)) found.push(at(file, node, 'a default export'));
    if (node.kind === ts.SyntaxKind.DefaultKeyword && ts.isModifier(node))
      found.push(at(file, node, 'a default export'));
    if (ts.isExportDeclaration(node) && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))) {
      found.push(at(file, node, 'export *'));
    }
    if (ts.isEnumDeclaration(node)) found.push(at(file, node, 'an enum'));
  });
  return found;
}

function at(file: SourceFile, node: ts.Node, what: string): string {
  return `${basename(file.path)} (${file.path}:${lineOf(file, node)}): ${what}`;
}
