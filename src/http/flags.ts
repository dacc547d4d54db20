/** The flags that errors and answers of this folder name; cli.ts declares them. */
export const METRICS_FLAG = '--web.listen-address';
export const PAGE_FLAG = '--web.page-address';
/** For errors: the address may stand in the configuration as well. */
export const METRICS_SETTING = `${METRICS_FLAG} (listen.metrics)`;
export const PAGE_SETTING = `${PAGE_FLAG} (listen.page)`;
export const RELOAD_FLAG = '--web.enable-lifecycle';
export const WEB_CONFIG_FLAG = '--web.config.file';
