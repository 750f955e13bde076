const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;

/** The UUIDs of the events in some lines, in order; undefined if there is anything else than whole events. */
export function uuidsIn(lines: Buffer): string[] | undefined {
  const events = lines.toString('latin1').split('\n');
  const isWhole = events.pop() === '';
  const uuids = events.map((event) => uuidPattern.exec(event)?.[0] ?? '');
  return isWhole && !uuids.includes('') ? uuids : undefined;
}
