import { runMessagingService } from '../service/run-service.js';
import { createInventoryService } from './inventory-service.js';

await runMessagingService('inventory', createInventoryService);
