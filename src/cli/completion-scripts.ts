/**
 * Scripts that ask this program what can come next. Candidates come one a line, with a tab before
 * what they are; a last line `:files` says that names of files fit too.
 */
import type { SHELLS } from './completion.js'

export const COMPLETION_SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# bash completion for sessionize: put this in ~/.bashrc
#   source <(sessionize completions bash)
_sessionize() {
  local cur prev words cword line word
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n =: cur prev words cword
  else
    cur="\${COMP_WORDS[COMP_CWORD]}" words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
    else
      word="\${line%%$'\\t'*}"
      [[ $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
    fi
  done < <(sessionize __complete -- "\${words[@]:1:cword}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$cur"; fi
}
complete -F _sessionize sessionize
`,
  zsh: `#compdef sessionize
# zsh completion for sessionize: put this in ~/.zshrc, after compinit
#   source <(sessionize completions zsh)
_sessionize() {
  local line word about files=0
  local -a described
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      files=1
    else
      word="\${line%%$'\\t'*}" about="\${line#*$'\\t'}"
      described+=("\${word//:/\\\\:}:$about")
    fi
  done < <(sessionize __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#described} )) && _describe -V 'sessionize' described
  (( files )) && _files
}
if [[ $funcstack[1] == _sessionize ]]; then _sessionize "$@"; else compdef _sessionize sessionize; fi
`,
  fish: `# fish completion for sessionize: put this in ~/.config/fish/completions/sessionize.fish
#   sessionize completions fish > ~/.config/fish/completions/sessionize.fish
function __sessionize_complete
    set -l words (commandline -opc)[2..] (commandline -ct)
    for line in (sessionize __complete -- $words 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c sessionize -f -a '(__sessionize_complete)'
`,
}
