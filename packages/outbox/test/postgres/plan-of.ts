import type { Sql } from '@backstitch/postgres';

export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** All nodes of the statement's plan, without running it. */
export async function planOf(sql: Sql, text: string, values: readonly unknown[]): Promise<PlanNode[]> {
  const { rows } = await sql.query<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
    `explain (format json) ${text}`,
    values,
  );
  const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];
  return rows.flatMap((row) => flat(row['QUERY PLAN'][0].Plan));
}
