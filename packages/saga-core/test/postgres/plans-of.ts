import type { Database, Sql } from '@backstitch/postgres';

export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** The plans of what an operation runs, one a statement, each executed and rolled back. */
export async function statementPlans<Trx>(
  database: Database<Trx>,
  operation: (sql: Sql) => Promise<unknown>,
): Promise<readonly PlanNode[]> {
  const plans: PlanNode[] = [];
  const undo = new Error('undo');
  const explained = database.transaction(async (_trx, sql) => {
    const explaining: Sql = {
      async query(text, values) {
        const { rows } = await sql.query<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
          `explain (analyze, buffers, timing off, format json) ${text}`,
          values,
        );
        for (const row of rows) plans.push(row['QUERY PLAN'][0].Plan);
        return sql.query(text, values);
      },
    };
    await operation(explaining);
    throw undo;
  });
  await explained.catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  return plans;
}

/** All nodes below a plan, and itself. */
export function nodesOf(plan: PlanNode): readonly PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

export function scansOf(nodes: readonly PlanNode[], table: string): readonly PlanNode[] {
  return nodes.filter((node) => node['Relation Name'] === table && node['Node Type'] === 'Seq Scan');
}

export function indexesOf(nodes: readonly PlanNode[]): readonly string[] {
  return [...new Set(nodes.flatMap((node) => node['Index Name'] ?? []))].sort();
}
