/** The file with the functions' bundles, compressed together: they have most of their code in common. */
export const functionsFile = 'functions.json.br';

/** The files of each asset, by `<room>/<entry point>`. */
export type FunctionBundles = Readonly<Record<string, Readonly<Record<string, string>>>>;
