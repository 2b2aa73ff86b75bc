export { sagaCoverage, type SagaCoverageOptions } from './saga-coverage.js';
