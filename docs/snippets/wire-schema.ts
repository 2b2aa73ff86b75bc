// #region print
import { writeFileSync } from 'node:fs';
import { commandWireSchema, replyWireSchema } from '@backstitch/messaging';

writeFileSync('command.schema.json', JSON.stringify(commandWireSchema, null, 2));
writeFileSync('reply.schema.json', JSON.stringify(replyWireSchema, null, 2));
// #endregion print
