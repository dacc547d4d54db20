import { type AuditRule, counted, unchecked } from '../rule.ts';

export const workersAboveCpuLimit: AuditRule = {
  name: 'workers_above_cpu_limit',
  severity: 'warning',
  summary: 'More workers than the CPU limit lets run: `auto` counts the CPUs of the machine',
  needsWhole: false,
  *check({ settings: { workerProcesses }, facts: { cpuLimit, autoWorkers } }) {
    // Without the directive there is one worker.
    if (workerProcesses === null) return;
    if (!cpuLimit.isKnown) {
      yield unchecked(cpuLimit.why);
      return;
    }
    if (cpuLimit.value === null) return;
    const isAuto = workerProcesses.value === 'auto';
    const workers = isAuto ? autoWorkers : { isKnown: true as const, value: Number(workerProcesses.value) };
    if (!workers.isKnown) {
      yield unchecked(`worker_processes auto: ${workers.why}`);
      return;
    }
    const most = Math.max(1, Math.ceil(cpuLimit.value));
    if (workers.value <= most) return;
    yield {
      place: { file: workerProcesses.file, line: workerProcesses.line },
      message: `worker_processes ${workerProcesses.value} starts ${counted(workers.value, 'worker')} and the CPU limit is ${cpuLimit.value}: they are throttled together, and each holds memory`,
      fix: `worker_processes ${most};`,
    };
  },
};
