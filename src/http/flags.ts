/** The flags that errors and answers of this folder name; cli.ts declares them. */
export const METRICS_FLAG = '--web.listen-address';
export const PAGE_FLAG = '--web.page-address';
export const RELOAD_FLAG = '--web.enable-lifecycle';
export const WEB_CONFIG_FLAG = '--web.config.file';
