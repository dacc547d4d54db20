/** Registered ports of protocols that are not HTTP. */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [1433, 'SQL Server'],
  [3306, 'MySQL'],
  [5432, 'PostgreSQL'],
  [5672, 'AMQP'],
  [6379, 'Redis'],
  [9042, 'Cassandra'],
  [9092, 'Kafka'],
  [11_211, 'memcached'],
  [26_257, 'CockroachDB'],
  [27_017, 'MongoDB'],
]);

/** What usually answers at a port where HTTP does not; undefined: nothing of which that is known. */
export function otherProtocolOf(port: number | null): string | undefined {
  return port === null ? undefined : PROTOCOLS.get(port);
}
