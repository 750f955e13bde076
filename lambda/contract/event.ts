/** Size of an event, its `\n` included: `{"<uuid>":"test-YYYY-MM-DD HH:MM:SS"}\n`. */
export const eventBytes = 68;
