// The editor: CodeMirror, with colours from live.css, so that it follows the theme while the page is open.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

const CLOSED = ["(", "[", "{"]; // by themselves; quotes are not: who types the three that end a docstring had five

/** An editor with this text; `keys` are {key: what is done}, `changed` is called with the text at each change. */
export function makeEditor(parent, text, label, keys, changed) {
  const own = Object.entries(keys).map(([key, done]) => ({ key, run: () => (done(), true), preventDefault: true }));
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        EditorState.tabSize.of(4),
        indentUnit.of("    "),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        Prec.highest(EditorState.languageData.of(() => [{ closeBrackets: { brackets: CLOSED } }])),
        python(),
        syntaxHighlighting(classHighlighter),
        Prec.highest(keymap.of(own)),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false" }),
        EditorView.updateListener.of((update) => update.docChanged && changed(update)),
      ],
    }),
  });
}

/** Another text, which Undo takes back. */
export function setText(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}
