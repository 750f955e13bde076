/** The template of whoever names none: the event of the lesson that this project grew from. */
export const defaultTemplate = '{"{{random.uuid}}":"test-{{date.utc("YYYY-MM-DD HH:mm:ss")}}"}';
