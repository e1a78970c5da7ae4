package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// logged counts the lines of gateline's logs, its controllers' and its pods', with all of these words.
func logged(t *testing.T, words ...string) (count int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(*logs, "gateline"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			if has(line, words) {
				count++
			}
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("logs: %v", err)
	}
	return count
}

func has(line string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(line, word) {
			return false
		}
	}
	return true
}
