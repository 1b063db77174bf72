// What index.hbs and mdBook's index file put into the page, for the type checker of an editor; nothing reads it at run time.

declare const path_to_root: string;
declare const search_js: string;
declare const is_sidebar_open: boolean;

interface Window {
    path_to_searchindex_js: string;
    search: any;
}
