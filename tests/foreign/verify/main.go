// Verifies a Suyuan log with Go's own transparency-log packages, which know nothing of Suyuan.
//
//	verify URL VKEY [OLD-CHECKPOINT-FILE]
//
// It opens the checkpoint under VKEY, reads every entry bundle, authenticates every leaf hash through the tiles against
// the signed root, compares each entry with its leaf, and with an older checkpoint proves that the log only grew.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	size int64
	root tlog.Hash
}

// reader fetches tiles over HTTP; tlog's own paths (tile/8/0/000, tile/8/data/000) become those of tlog-tiles.
type reader struct{ url string }

func (r reader) Height() int { return 8 }

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := r.get(tilePath(tile))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r reader) get(path string) ([]byte, error) {
	response, err := http.Get(r.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}

func tilePath(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(strings.Replace(tile.Path(), "tile/8/data/", "tile/8/entries/", 1), "tile/8/")
}

// verifiersOf reads one key a line: a log that is changing its key has two, of one name.
func verifiersOf(vkeys string) ([]note.Verifier, error) {
	var all []note.Verifier
	for _, vkey := range strings.Fields(vkeys) {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		all = append(all, verifier)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("VKEY is empty")
	}
	return all, nil
}

func open(text []byte, verifiers []note.Verifier) (checkpoint, error) {
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	// Who signed must be who the text says: the keys might be of two logs.
	if len(lines) < 3 || lines[0] != opened.Sigs[0].Name {
		return checkpoint{}, fmt.Errorf("not a checkpoint of %s", opened.Sigs[0].Name)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return checkpoint{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return checkpoint{size, root}, err
}

// entries reads the bundle of 256 entries (or fewer at the end) that begins at entry n*256.
func (r reader) entries(n, size int64) ([][]byte, error) {
	width := size - n*256
	if width > 256 {
		width = 256
	}
	data, err := r.get(tilePath(tlog.Tile{H: 8, L: -1, N: n, W: int(width)}))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("bundle %d is cut short", n)
		}
		length := int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:2+length])
		data = data[2+length:]
	}
	if int64(len(entries)) != width {
		return nil, fmt.Errorf("bundle %d has %d entries, expected %d", n, len(entries), width)
	}
	return entries, nil
}

func verify(url, vkey, oldFile string) error {
	verifiers, err := verifiersOf(vkey)
	if err != nil {
		return err
	}
	r := reader{url}
	text, err := r.get("checkpoint")
	if err != nil {
		return err
	}
	now, err := open(text, verifiers)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: now.size, Hash: now.root}, r)
	for n := int64(0); n*256 < now.size; n++ {
		entries, err := r.entries(n, now.size)
		if err != nil {
			return err
		}
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, n*256+int64(i)))
		}
		leaves, err := hashes.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != leaves[i] {
				return fmt.Errorf("entry %d does not match its leaf hash", n*256+int64(i))
			}
		}
	}
	fmt.Printf("OK size=%d root=%s\n", now.size, now.root)
	if oldFile == "" {
		return nil
	}
	text, err = os.ReadFile(oldFile)
	if err != nil {
		return err
	}
	old, err := open(text, verifiers)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(now.size, old.size, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, now.size, now.root, old.size, old.root); err != nil {
		return fmt.Errorf("the log of %d entries is not a continuation of that of %d: %w", now.size, old.size, err)
	}
	fmt.Printf("OK continues size=%d\n", old.size)
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: verify URL VKEY [OLD-CHECKPOINT-FILE]")
		os.Exit(2)
	}
	old := ""
	if len(os.Args) > 3 {
		old = os.Args[3]
	}
	if err := verify(strings.TrimSuffix(os.Args[1], "/"), os.Args[2], old); err != nil {
		fmt.Println("FAIL:", err)
		os.Exit(1)
	}
}
