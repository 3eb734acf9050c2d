// SPDX-License-Identifier: MIT
// The page of a model or circuit: what `snnc doc --html` writes.
#ifndef SNNC_DOC_HTML_H
#define SNNC_DOC_HTML_H
#include "cli.h"

// A whole page; `title` names it, `root` leads from its folder to the one that holds style.css and index.html ("" or "../").
void doc_html_open(StrBuf *out, const char *title, const char *root);
void doc_html_close(StrBuf *out);
void doc_html_file(StrBuf *out, const Source *source, const AstFile *file, const char *first);   // every declaration of a file, that named `first` before the others
bool doc_html_write(const char *path, const StrBuf *text);                       // whole or not at all; false: said why
#endif
