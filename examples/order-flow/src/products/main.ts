import { runMessagingService } from '../service/run-service.js';
import { createProductService } from './product-service.js';

await runMessagingService('products', createProductService);
