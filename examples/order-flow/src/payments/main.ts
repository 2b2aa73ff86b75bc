import { runMessagingService } from '../service/run-service.js';
import { createPaymentsService } from './payments-service.js';

await runMessagingService('payments', createPaymentsService);
