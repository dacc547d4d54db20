/** What the bench's cluster looks like from both sides. */

export const NAMESPACES = 3;

export function addressOf(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

/** An nginx configuration with the upstreams of NGINX Gateway Fabric for all Services but the others. */
export function nginxConfig(upstreams: number, endpoints: number): string {
  const blocks = Array.from({ length: upstreams }, (_, index) => {
    const lines = Array.from(
      { length: endpoints },
      (_, server) => `server ${addressOf(index * endpoints + server)}:8080;`,
    );
    return `upstream team-${index % NAMESPACES}_svc-${index}_80 {\n${lines.join('\n')}\n}\n`;
  });
  return `events {}\nhttp {\n${blocks.join('')}}\n`;
}
