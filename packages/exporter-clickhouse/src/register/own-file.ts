// The build puts the path of the built file here: ESM and CommonJS name it differently.
declare const SPANHOUSE_REGISTER_FILE: string

/** The file that is running. Packages that are installed beside this one are found from it. */
export const OWN_FILE: string = SPANHOUSE_REGISTER_FILE
