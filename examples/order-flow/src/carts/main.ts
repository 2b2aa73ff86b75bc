import { runHttpService } from '../service/run-service.js';
import { createCartService } from './cart-service.js';

await runHttpService('carts', createCartService);
