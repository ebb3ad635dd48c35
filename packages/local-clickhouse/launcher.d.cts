export declare const launcher: string
