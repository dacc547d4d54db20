/** Beside accesslog-threads.mjs, where the program looks for it. */
import '../../../src/collectors/access-log-worker.ts';
