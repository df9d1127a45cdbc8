package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestQuotas(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		quota func(dir string) float64
		want  float64
	}{
		{"v2", map[string]string{"cpu.max": "150000 100000\n"}, quotaV2, 1.5},
		{"v2, none", map[string]string{"cpu.max": "max 100000\n"}, quotaV2, 0},
		{"v1", map[string]string{"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}, quotaV1, 0.5},
		{"v1, none", map[string]string{"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, quotaV1, 0},
		{"unreadable", nil, quotaV2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := c.quota(dir); got != c.want {
				t.Errorf("%v processors, want %v", got, c.want)
			}
		})
	}
}
