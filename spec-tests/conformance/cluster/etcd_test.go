package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// etcd is where the cluster's own answers, in JSON too.
const etcd = "http://127.0.0.1:2379/v3/kv/"

// compact makes etcd forget everything but how things are now.
func compact(t *testing.T) {
	t.Helper()
	var found struct {
		Header struct{ Revision string }
	}
	must(t, askEtcd("range", `{"key":"AA=="}`, &found))
	must(t, askEtcd("compaction", fmt.Sprintf(`{"revision":%q,"physical":true}`, found.Header.Revision), &struct{}{}))
}

func askEtcd(what, question string, answer any) error {
	response, err := http.Post(etcd+what, "application/json", strings.NewReader(question))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("etcd: %s: %s", response.Status, text)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(text, answer)
}
