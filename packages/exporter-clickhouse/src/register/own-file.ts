// The build puts the path of the built file here: ESM and CommonJS name it differently.
declare const SPANHOUSE_REGISTER_FILE: string

/** The file that is running: what is installed beside this package is found from it. */
export const OWN_FILE: string = SPANHOUSE_REGISTER_FILE
