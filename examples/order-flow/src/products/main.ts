import { runHttpService } from '../service/run-service.js';
import { createProductService } from './product-service.js';

await runHttpService('products', createProductService);
