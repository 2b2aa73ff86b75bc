import ts from 'typescript';
import { type SourceFile, walk } from './source-tree.js';

/** The codes of a catalogue: the strings of its `…ErrorCodes` list. */
export function errorCodesOf(catalogue: SourceFile): string[] {
  const codes: string[] = [];
  walk(catalogue.ast, (node) => {
    if (!ts.isVariableDeclaration(node) || !/ErrorCodes$/.test(node.name.getText())) return;
    walk(node, (each) => {
      if (ts.isStringLiteralLike(each)) codes.push(each.text);
    });
  });
  return codes;
}

/** Every word that a document writes as code and all in capitals. */
export function mentionedCodes(document: string): Set<string> {
  return new Set([...document.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map((match) => match[1] ?? ''));
}

/** The codes to which a document gives a heading or a row of a table. */
export function describedCodes(document: string): string[] {
  return [...document.matchAll(/^(?:#+ |\| ?)`([A-Z][A-Z0-9_]+)`/gm)].map((match) => match[1] ?? '');
}
