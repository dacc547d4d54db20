/**
 * Whoever reads our output may leave (`| head`): what is written after that goes nowhere, and the command comes to its end and its exit code.
 */
export function bearClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}
