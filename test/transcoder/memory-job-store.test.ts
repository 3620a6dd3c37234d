import { MemoryJobStore } from 'yuanjiao/transcoder';
import { fairOrderContract } from '../contract/fair-order.ts';
import { jobStoreContract } from '../contract/job-store.ts';

jobStoreContract('MemoryJobStore', (options) => Promise.resolve(new MemoryJobStore(options)));
fairOrderContract('MemoryJobStore', (options) => Promise.resolve(new MemoryJobStore(options)));
