import { MemoryJobStore } from 'yuanjiao/transcoder';
import { jobStoreContract } from '../contract/job-store.ts';

jobStoreContract('MemoryJobStore', () => Promise.resolve(new MemoryJobStore()));
