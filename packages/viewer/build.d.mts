/** Writes index.html, app.js and app.css into `outDir`, and the licenses of the libraries that are in app.js. */
export declare function buildPage(outDir: string): Promise<void>
